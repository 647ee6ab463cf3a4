import ArgumentParser
@main struct Weirctl: ParsableCommand { }
