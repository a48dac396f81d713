"""PDF documents: authorisation letter, poster, receipt and overview; and checks of uploaded papers."""
