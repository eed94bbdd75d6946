"""Who works in the console: people, their duties, sign-in, and the trail of what each has done."""
