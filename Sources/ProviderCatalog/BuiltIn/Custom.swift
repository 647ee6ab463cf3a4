// Custom: any API with a key, at an address that the tenant names.
//
// For: what nobody has defined yet. The address is dialled through the guard, as every one that a tenant has a say in.
// Refuses: nothing by path: the address and the key are the tenant's own.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let custom = """
          custom:
            name: Custom API
            base_url: "{base_url}"
            auth: {api_key: bearer, basic: basic}
            account_fields:
              base_url: {from: tenant, form: address, required: true}
            allow: ["ANY /**"]

        """
}
