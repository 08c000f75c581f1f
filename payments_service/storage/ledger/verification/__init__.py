"""Verifying the books: each invariant in SQL, a stretch of rows at a time, and the first row that differs named."""
