output "target_group" {
  description = "Where the edge's tasks are registered. Known once the listener is there, for a service needs both."
  value       = aws_lb_target_group.edge.arn
  depends_on  = [aws_lb_listener.https]
}

output "balancer" {
  description = "Names by which CloudWatch keeps the metrics of the load balancer and its targets."
  value       = { load_balancer = aws_lb.this.arn_suffix, target_group = aws_lb_target_group.edge.arn_suffix }
}

output "certificate" {
  value = aws_acm_certificate.this.arn
}
