# Both environments as they are applied, from nothing: everything fits together, and a first start begins nothing.

mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  region      = "eu-central-1"
  domain      = "shop.example.com"
  zone        = "Z0"
  alarm_mails = ["staff@example.com"]
  images = {
    shop     = "shop@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    edge     = "edge@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    registry = "registry@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  }
}

run "small" {
  command = plan

  variables {
    started = false
  }

  module {
    source = "./environments/small"
  }

  assert {
    condition     = output.running == {}
    error_message = "Before the secrets are there, no service is started."
  }
}

run "large" {
  command = plan

  module {
    source = "./environments/large"
  }

  assert {
    condition = toset(keys(output.running)) == toset([
      "edge", "web", "token", "inner", "registry", "scheduler", "events",
      "worker-money", "worker-mail", "worker-registry", "worker-drawing", "worker-default", "worker-batch",
    ])
    error_message = "A process for each part, a worker for each lane, and consumers of the stream."
  }

  assert {
    condition     = alltrue([for service in values(output.running) : service.min >= 2])
    error_message = "Two of each at least."
  }
}
