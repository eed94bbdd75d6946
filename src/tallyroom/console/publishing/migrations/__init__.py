"""Steps of the tables of publishing."""
