// OpenAI's usage object: cached tokens are a part of `prompt_tokens` (B-19), reasoning a part of `completion_tokens` (B-21).
//
// For: UsageMeter.
// Refuses: see UsageFields.
// Called by: OpenAIChunk, OpenAICompletion, UsageMeter.

import JSON
import Money

extension UsageFields {
    /// Reads the usage object that comes next; `null` is an empty one. Returns whether it was an object.
    @discardableResult
    mutating func readOpenAI(_ scanner: inout JSONScanner) throws(JSONFault) -> Bool {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return false
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "prompt_tokens" {
                try read(\.input, &scanner)
            } else if key == "completion_tokens" {
                try read(\.output, &scanner)
            } else if key == "prompt_tokens_details" {
                try readPromptDetails(&scanner)
            } else if key == "prompt_cache_hit_tokens" {  // DeepSeek's own name
                try read(\.cacheRead, &scanner)
            } else {
                try scanner.skip()
            }
        }
        return true
    }

    private mutating func readPromptDetails(_ scanner: inout JSONScanner) throws(JSONFault) {
        guard try scanner.peek() == .object else {
            try scanner.skip()
            return
        }
        try scanner.enterObject()
        while let key = try scanner.nextMember() {
            if key == "cached_tokens" {
                try read(\.cacheRead, &scanner)
            } else if key == "cache_write_tokens" {  // OpenRouter's, for Anthropic behind it
                try read(\.cacheWrite, &scanner)
            } else {
                try scanner.skip()
            }
        }
    }

    /// Cached parts taken out of the prompt. `false`: they exceed it, and are cut to it.
    var openAIUsage: (Usage, Bool) {
        let prompt = input ?? 0
        let read = min(cacheRead ?? 0, prompt)
        let written = min(cacheWrite ?? 0, prompt - read)
        let usage = Usage(
            uncachedInput: prompt - read - written, cacheRead: read, cacheWrite5m: written, output: output ?? 0)
        return (usage, input == nil || (read == cacheRead ?? 0 && written == cacheWrite ?? 0))
    }
}
