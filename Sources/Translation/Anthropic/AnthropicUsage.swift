// Anthropic's usage object: cache reads and writes stand beside `input_tokens` (B-18).
//
// For: UsageMeter.
// Refuses: see UsageFields.
// Called by: AnthropicEvent, AnthropicCompletion, UsageMeter.

import JSON
import Money

extension UsageFields {
    /// Reads the usage object that comes next; `null` is an empty one.
    mutating func readAnthropic(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "output_tokens" {
                try read(\.output, &scanner)
            } else if key == "input_tokens" {
                try read(\.input, &scanner)
            } else if key == "cache_read_input_tokens" {
                try read(\.cacheRead, &scanner)
            } else if key == "cache_creation_input_tokens" {
                try read(\.cacheWrite, &scanner)
            } else if key == "cache_creation" {
                try readCacheCreation(&scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    private mutating func readCacheCreation(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "ephemeral_5m_input_tokens" {
                try read(\.cacheWrite5m, &scanner)
            } else if key == "ephemeral_1h_input_tokens" {
                try read(\.cacheWrite1h, &scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    /// The buckets as they are. Writes without a split, or beyond it, are 5-minute ones, the default lifetime. `false`: the
    /// split exceeds the total; it is believed.
    var anthropicUsage: (Usage, Bool) {
        let split = (cacheWrite5m ?? 0) + (cacheWrite1h ?? 0)
        let unsplit = max((cacheWrite ?? split) - split, 0)
        let usage = Usage(
            uncachedInput: input ?? 0, cacheRead: cacheRead ?? 0, cacheWrite5m: (cacheWrite5m ?? 0) + unsplit,
            cacheWrite1h: cacheWrite1h ?? 0, output: output ?? 0)
        return (usage, split <= cacheWrite ?? split)
    }
}
