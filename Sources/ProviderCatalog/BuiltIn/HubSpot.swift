// HubSpot: a CRM.
//
// For: private app tokens and OAuth. Vendor pages: "Manage OAuth access tokens" and "Migrate from the OAuth v1 API"
// (developers.hubspot.com/ docs): the endpoints of 2026-03 take everything in the form, id and secret included; v1,
// with tokens in its paths, ends in February 2027. Access tokens live 30 minutes; the refresh token stays the same.
// Object paths: "CRM search" and "Objects".
// Refuses: settings, users and everything that is not about records.
// Called by: BuiltInProviders.

extension BuiltInProviders {
    static let hubSpot = """
          hubspot:
            name: HubSpot
            base_url: https://api.hubapi.com
            auth: {api_key: bearer, oauth2: bearer}
            account_fields:
              portal_id: {from: identity, field: portalId, required: true}
            identity: GET /account-info/v3/details
            test: GET /account-info/v3/details
            allow:
              - GET /account-info/v3/details
              - GET /crm/v3/objects/**
              - POST /crm/v3/objects/*
              - PATCH /crm/v3/objects/*/*
              - POST /crm/v3/objects/*/search
              - POST /crm/v3/objects/*/batch/read
              - GET /crm/v3/owners/**
              - GET /crm/v3/pipelines/**
              - GET /crm/v3/properties/**
            actions:
              list:
                request: GET /crm/v3/objects/{object_type}
                parameters:
                  object_type: {in: path, required: true}
                  properties: {in: query, form: list}
                  limit: {in: query, form: integer, most: 100}
                  after: query
              get:
                request: GET /crm/v3/objects/{object_type}/{object_id}
                parameters:
                  object_type: {in: path, required: true}
                  object_id: {in: path, required: true}
                  properties: {in: query, form: list}
              search:
                request: POST /crm/v3/objects/{object_type}/search
                parameters:
                  object_type: {in: path, required: true}
                  search: {in: body, as: query}
                  filters: {in: body, as: "filterGroups[].filters", form: any}
                  properties: {in: body, form: list}
                  sorts: {in: body, form: any}
                  limit: {in: body, form: integer, most: 200}
                  after: body
              create:
                request: POST /crm/v3/objects/{object_type}
                parameters:
                  object_type: {in: path, required: true}
                  properties: {in: body, form: any, required: true}
                  associations: {in: body, form: any}
              update:
                request: PATCH /crm/v3/objects/{object_type}/{object_id}
                parameters:
                  object_type: {in: path, required: true}
                  object_id: {in: path, required: true}
                  properties: {in: body, form: any, required: true}
            oauth:
              authorize_url: https://app.hubspot.com/oauth/authorize
              token_url: https://api.hubapi.com/oauth/2026-03/token
              revocation: {url: https://api.hubapi.com/oauth/2026-03/token/revoke}
              pkce: optional
              scopes:
                [oauth, crm.objects.contacts.read, crm.objects.companies.read, crm.objects.deals.read]
              answer: {scope: scopes}
              default_lifetime: 30m

        """
}
