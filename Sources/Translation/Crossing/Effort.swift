// Effort: how hard a model thinks, in the words of both vendors, by one table.
//
// For: OpenAI's `reasoning_effort` and Anthropic's `thinking.budget_tokens` and `output_config.effort`. The table reads
//   the same in both directions: an effort comes back as itself.
// Refuses: unknown words, which give `nil`.
// Called by: RequestForOpenAI, RequestForAnthropic.

import JSON

/// | effort | budget sent | budgets read as it |
/// |---|---|---|
/// | low | 2,048 | up to 4,096 |
/// | medium | 8,192 | up to 16,384 |
/// | high | 24,576 | above |
enum Effort: UInt8, CaseIterable {
    case low, medium, high

    /// Anthropic refuses smaller budgets.
    static let smallestBudget: Int64 = 1024

    /// The effort of a budget.
    init(budget: Int64) {
        self = budget <= 4096 ? .low : budget <= 16384 ? .medium : .high
    }

    /// An effort by name; `xhigh` and `max` are more than every model of the other side knows and count as high.
    init?(_ name: JSONText) {
        if name == "low" {
            self = .low
        } else if name == "medium" {
            self = .medium
        } else if name == "high" || name == "xhigh" || name == "max" {
            self = .high
        } else {
            return nil
        }
    }

    var name: String {
        switch self {
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        }
    }

    private var budget: Int64 {
        switch self {
        case .low: 2048
        case .medium: 8192
        case .high: 24576
        }
    }

    /// The budget within an answer of `longest` tokens, of which it takes at most half; `nil` where Anthropic's least does
    /// not fit.
    func budget(within longest: Int64) -> Int64? {
        let fitting = min(budget, longest / 2)
        return fitting >= Self.smallestBudget ? fitting : nil
    }
}
