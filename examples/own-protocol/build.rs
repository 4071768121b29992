fn main() {
    laster_codegen::build(&["proto/greeting.proto"], &["proto"]);
}
