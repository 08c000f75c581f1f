"""Books to measure on: seeding them and writing to them."""
