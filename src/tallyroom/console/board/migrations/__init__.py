"""Made by Django from the models."""
