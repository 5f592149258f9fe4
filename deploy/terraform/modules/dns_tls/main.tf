# The one origin: name, certificate, load balancer. TLS of the world ends here, and goes on to the edge with a certificate of its own, which
# the load balancer takes as it is.

resource "aws_acm_certificate" "this" {
  domain_name       = var.domain
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

# One name, so one proof that it is ours.
locals {
  proof = tolist(aws_acm_certificate.this.domain_validation_options)[0]
}

resource "aws_route53_record" "proof" {
  zone_id         = var.zone
  name            = local.proof.resource_record_name
  type            = local.proof.resource_record_type
  records         = [local.proof.resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [aws_route53_record.proof.fqdn]
}

resource "aws_route53_record" "shop" {
  zone_id = var.zone
  name    = var.domain
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = false # one address; to withdraw it would not help
  }
}

resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.subnets
  security_groups            = [var.security_group]
  enable_deletion_protection = true
  drop_invalid_header_fields = true
  preserve_host_header       = true
  xff_header_processing_mode = "append" # the edge believes the last address alone
  idle_timeout               = 900      # as long as the edge waits for a registry that finishes a large layer

  # No access_logs: they keep whole queries, and links of gifts and invitations have their secret there. The edge logs each request.
}

resource "aws_lb_target_group" "edge" {
  name                 = "${var.name}-edge"
  vpc_id               = var.vpc
  target_type          = "ip"
  protocol             = "HTTPS"
  port                 = 8443
  deregistration_delay = 120 # for layers that are on their way; then the task is told to stop

  # A new version takes no request before all that it depends on answers. What is away for a while does not end a task that serves
  # the rest (a shop sells without Redis): only five minutes in a row do.
  health_check {
    protocol            = "HTTPS"
    path                = "/readyz"
    matcher             = "200"
    interval            = 30
    timeout             = 10
    healthy_threshold   = 2
    unhealthy_threshold = 10
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate_validation.this.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.edge.arn
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.this.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type = "redirect"

    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}
