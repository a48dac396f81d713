"""The desk: a provider's people read complaints with the whole history behind them, answer, and settle them."""
