//! The command `mino`.

fn main() -> std::process::ExitCode {
    mino_engine::cli::main()
}
