"""Entry while the network is away: a page that keeps what was entered, and the interface that it sends it through."""
