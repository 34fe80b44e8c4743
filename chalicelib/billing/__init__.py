"""The billing run: plan, fan out, rate, issue, complete."""
