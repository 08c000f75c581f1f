"""Connected accounts: what they are, how they follow Stripe's, and which businesses may not have one."""
