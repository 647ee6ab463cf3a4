// Salesforce: an org, at the address that its token answer names.
//
// For: OAuth of an org's users. Vendor pages: "OAuth 2.0 Web Server Flow", "OAuth 2.0 Refresh Token Flow", "Revoke
// OAuth Tokens", "OAuth 2.0 Authorization Errors" (help.salesforce.com), "Query" (REST API Developer Guide). The
// answer names instance_url, where every request goes, and states no lifetime: a session lives as long as the org
// says, 2 hours unless changed. A refresh token comes with the scope refresh_token, and rotates only where the app is
// set so. Sandboxes log in at test.salesforce.com: a provider of the operator's own.
// Refuses: hosts that are not Salesforce's, Apex and the metadata API.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let salesforce = """
          salesforce:
            name: Salesforce
            base_url: "{instance_url}/services/data/{version}"
            version: v64.0
            auth: {oauth2: bearer}
            account_fields:
              instance_url:
                from: token
                field: instance_url
                form: address
                hosts: ["*.salesforce.com", "*.salesforce.mil"]
                required: true
              identity_url: {from: token, field: id}
            test: GET /limits
            allow:
              - GET /
              - GET /limits
              - GET /query
              - GET /query/*
              - GET /search
              - GET /parameterizedSearch
              - GET /sobjects/**
              - POST /sobjects/*
              - PATCH /sobjects/*/*
            actions:
              query:
                request: GET /query
                parameters:
                  soql: {in: query, as: q, required: true}
              get:
                request: GET /sobjects/{object_type}/{object_id}
                parameters:
                  object_type: {in: path, required: true}
                  object_id: {in: path, required: true}
                  properties: {in: query, as: fields, form: list}
              describe:
                request: GET /sobjects/{object_type}/describe
                parameters:
                  object_type: {in: path, required: true}
            oauth:
              authorize_url: https://login.salesforce.com/services/oauth2/authorize
              token_url: https://login.salesforce.com/services/oauth2/token
              revocation: {url: https://login.salesforce.com/services/oauth2/revoke, style: token}
              pkce: optional
              scopes: [api, refresh_token]
              default_lifetime: 2h
              errors:
                inactive_user: invalid_grant
                inactive_org: invalid_grant
                invalid_client_id: invalid_client
                invalid_client_credentials: invalid_client
                redirect_uri_mismatch: invalid_client
                rate_limit_exceeded: temporary

        """
}
