// GitHub: repositories and issues of a user.
//
// For: personal access tokens, OAuth apps and GitHub apps. Vendor pages: "Authorizing OAuth apps", "Troubleshooting
// OAuth app access token request errors", "Refreshing user access tokens", "Delete an app token"
// (docs.github.com). The token endpoint answers as a form unless JSON is asked for, and reports errors with status
// 200 and codes of its own. Tokens of OAuth apps do not expire and have no refresh token; those of GitHub apps live 8
// hours, and their refresh tokens rotate. PKCE with S256 is recommended since July 2025 and not required. What is
// revoked is the one token: deleting the grant would end all tokens that the application has for that person, those of
// other accounts and tenants among them.
// Refuses: changes beyond issues and comments.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let gitHub = """
          github:
            name: GitHub
            base_url: https://api.github.com
            version: "2022-11-28"
            headers:
              accept: application/vnd.github+json
              x-github-api-version: "{version}"
            auth: {api_key: bearer, oauth2: bearer}
            account_fields:
              user_id: {from: identity, field: id, required: true}
              login: {from: identity, field: login}
            identity: GET /user
            test: GET /user
            allow:
              - GET /user
              - GET /user/**
              - GET /users/**
              - GET /orgs/**
              - GET /repos/**
              - GET /search/*
              - POST /repos/*/*/issues
              - PATCH /repos/*/*/issues/*
              - POST /repos/*/*/issues/*/comments
            actions:
              list_issues:
                request: GET /repos/{owner}/{repo}/issues
                parameters:
                  owner: {in: path, required: true}
                  repo: {in: path, required: true}
                  state: query
                  labels: {in: query, form: list}
                  limit: {in: query, as: per_page, form: integer, most: 100}
                  page: {in: query, form: integer}
              create_issue:
                request: POST /repos/{owner}/{repo}/issues
                parameters:
                  owner: {in: path, required: true}
                  repo: {in: path, required: true}
                  title: {in: body, required: true}
                  text: {in: body, as: body}
                  labels: {in: body, form: list}
            oauth:
              authorize_url: https://github.com/login/oauth/authorize
              token_url: https://github.com/login/oauth/access_token
              revocation:
                method: DELETE
                url: https://api.github.com/applications/{client_id}/token
                style: json
                refresh_token: false
              pkce: optional
              scopes: ["read:user", "user:email"]
              default_lifetime: 90d
              errors:
                bad_verification_code: invalid_grant
                bad_refresh_token: invalid_grant
                unverified_user_email: invalid_grant
                incorrect_client_credentials: invalid_client
                redirect_uri_mismatch: invalid_client

        """
}
