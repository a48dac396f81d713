"""PDF documents: what a provider signs, hangs up or shows, and what a person keeps."""
