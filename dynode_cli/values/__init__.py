"""Text to values, each with one parser: times, rates, amounts, strengths, words for directions."""
