//! Makes `src/lib.rs` of the protocols in `proto/`.

fn main() {
    laster_codegen::build(
        &["../../proto/chat/v1/chat.proto", "../../proto/simplechat/simplechat.proto"],
        &["../../proto"],
    );
}
