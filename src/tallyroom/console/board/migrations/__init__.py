"""Steps of the tables of polling day."""
