"""WeChat's side: bytes in, bytes out."""
