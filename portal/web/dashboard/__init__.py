"""The provider's dashboard. Everything is fetched through the signed-in person's provider."""
