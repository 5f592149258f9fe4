output "topic" {
  value = aws_sns_topic.this.arn
}
