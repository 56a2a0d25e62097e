"""What is measured: solvers, quality, memory, rendering, start-up."""
