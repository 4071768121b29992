//! What messages cost: `cargo bench -p laster-benches`. Each file of `benches/` says what it compares.
