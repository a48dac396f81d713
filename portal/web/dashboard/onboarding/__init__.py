"""The steps to İYS: company, papers, package, questions."""
