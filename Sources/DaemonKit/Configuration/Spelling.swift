// Spelling: which known word was meant.
//
// Called by: ConfigReader (keys), Invocation (options).

enum Spelling {
    /// How many letters may differ for a guess to be worth making: a third of the word, at least one.
    static func farthestGuess(_ word: String) -> Int { max(1, word.count / 3) }

    /// The Levenshtein distance: insertions, deletions and replacements that turn one word into the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (index, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (right[column] == letter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
