"""Intake: a file that was uploaded becomes pieces of lines, with a guess of what its columns are."""


def step(batch_id: int) -> None:
    """Cut a batch from UPLOADED to READ, or say why it is UNREADABLE. One that was killed begins again."""
    raise NotImplementedError
