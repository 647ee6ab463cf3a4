// CatalogDraft: a catalog as it was written, before anybody has asked whether it makes sense.
//
// For: the step between a configuration file (or, later, a database) and the catalog that requests are routed by.
// Refuses: nothing; `Catalog.init` does.
// Called by: gatewayd's CatalogReader.

public import Money

/// The language an upstream speaks.
public enum UpstreamDialect: UInt8, CaseIterable, Sendable {
    /// Anthropic's Messages API.
    case anthropic = 1
    /// OpenAI's Chat Completions API, which most other hosts speak too.
    case openai = 2

    /// Its name in configuration files.
    public var name: String { self == .anthropic ? "anthropic" : "openai" }
}

/// Everything that a catalog is made from. Positions in the arrays are what `CatalogFault` refers to.
public struct CatalogDraft: Sendable {
    /// An upstream.
    public struct Provider: Sendable {
        /// Its name in this catalog.
        public var name: String
        /// The language it speaks.
        public var dialect: UpstreamDialect

        public init(name: String, dialect: UpstreamDialect) {
            self.name = name
            self.dialect = dialect
        }
    }

    /// A provider's offer of a model.
    public struct Host: Sendable {
        /// The provider's name.
        public var provider: String
        /// The provider's name for the model.
        public var upstreamModel: String
        /// What it costs there.
        public var prices: PriceList

        public init(provider: String, upstreamModel: String, prices: PriceList) {
            self.provider = provider
            self.upstreamModel = upstreamModel
            self.prices = prices
        }
    }

    /// A model.
    public struct Model: Sendable {
        /// The name clients use.
        public var id: String
        /// The name people read.
        public var displayName: String
        /// Tokens of input and output together.
        public var contextWindow: Int64
        /// The most tokens of one answer.
        public var maxOutputTokens: Int64
        /// What it can do: `tools`, `vision` …
        public var capabilities: [String]
        /// Its hosts, most preferred first.
        public var hosts: [Host]
        /// Whether hosts that speak the client's dialect come before the others.
        public var prefersNative: Bool

        public init(
            id: String, displayName: String, contextWindow: Int64, maxOutputTokens: Int64, capabilities: [String],
            hosts: [Host], prefersNative: Bool = true
        ) {
            self.prefersNative = prefersNative
            self.id = id
            self.displayName = displayName
            self.contextWindow = contextWindow
            self.maxOutputTokens = maxOutputTokens
            self.capabilities = capabilities
            self.hosts = hosts
        }
    }

    /// Another name for a model.
    public struct Alias: Sendable {
        /// The name clients may use instead.
        public var name: String
        /// The model's id.
        public var model: String

        public init(name: String, model: String) {
            self.name = name
            self.model = model
        }
    }

    public var providers: [Provider]
    public var models: [Model]
    public var aliases: [Alias]

    public init(providers: [Provider] = [], models: [Model] = [], aliases: [Alias] = []) {
        self.providers = providers
        self.models = models
        self.aliases = aliases
    }
}

/// One thing that is wrong with a draft.
public struct CatalogFault: Error, Hashable, Sendable {
    /// Which part of the draft, by positions in its arrays.
    public enum Subject: Hashable, Sendable {
        case provider(Int)
        case model(Int)
        /// The provider that a host names.
        case hostProvider(model: Int, host: Int)
        case maxOutputTokens(model: Int)
        case alias(Int)
    }

    public let subject: Subject
    /// What is wrong, in words an operator can act on.
    public let reason: String
}

/// Everything that is wrong with a draft; at least one fault.
public struct CatalogRefusal: Error, Sendable {
    public let faults: [CatalogFault]
}
