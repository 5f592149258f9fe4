# Secrets. Values are in no variable, no state and no plan: AWS makes those that are random, and an operator writes the others.

locals {
  # Made once, by Secrets Manager itself.
  generated = {
    SecretKey      = "LAYERSTORE_SECRET_KEY"
    TokenKeys      = "LAYERSTORE_TOKEN_KEYS"
    EventsSecret   = "LAYERSTORE_EVENTS_SECRET"
    RegistrySecret = "LAYERSTORE_REGISTRY_SECRET"
    Database       = "PGPASSWORD"
  }
  # From Stripe and the mail server: `aws secretsmanager put-secret-value`, see README.md.
  given = toset(["STRIPE_CONNECT_WEBHOOK_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "LAYERSTORE_EMAIL_URL"])
}

# CloudFormation, because Terraform would have to know a value to store it.
resource "aws_cloudformation_stack" "generated" {
  name = "${var.name}-secrets"
  template_body = jsonencode({
    AWSTemplateFormatVersion = "2010-09-09"
    Resources = { for id, variable in local.generated : id => {
      Type                = "AWS::SecretsManager::Secret"
      DeletionPolicy      = "Retain"
      UpdateReplacePolicy = "Retain"
      Properties = {
        Name                 = "${var.name}/${variable}"
        KmsKeyId             = aws_kms_key.this["secrets"].arn
        GenerateSecretString = { PasswordLength = 64, ExcludePunctuation = true }
      }
    } }
    Outputs = { for id in keys(local.generated) : id => { Value = { Ref = id } } }
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_secretsmanager_secret" "given" {
  for_each                = local.given
  name                    = "${var.name}/${each.key}"
  kms_key_id              = aws_kms_key.this["secrets"].arn
  recovery_window_in_days = 30
}
