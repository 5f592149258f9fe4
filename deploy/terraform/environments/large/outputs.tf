output "given_secrets" {
  value = module.shop.given_secrets
}

output "step" {
  value = module.shop.step
}

output "running" {
  value = module.shop.running
}
