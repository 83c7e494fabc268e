"""What incidents and tables add up to: heat, hot spots, rates, coverage."""
