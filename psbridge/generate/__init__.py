"""OpenAPI description -> models/, cmdlet tables, stubs, docs. Development only; nothing imports it."""
