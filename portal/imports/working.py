"""The worker's share of bringing files: by lease, a few seconds at a time, so that nothing else waits behind a file."""


def unfinished() -> list[int]:
    """Batches for which the worker has something to do, and that nobody has in hand."""
    raise NotImplementedError


def work(batch_id: int, seconds: float = 5.0) -> bool:
    """Do what comes next for a batch, for about so long; whether more is to do."""
    raise NotImplementedError
