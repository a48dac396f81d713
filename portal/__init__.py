"""İzinlink: a consent portal for Türkiye. portal.app.create_app is its table of contents."""
