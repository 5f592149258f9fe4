output "buckets" {
  description = "Name and ARN of each bucket: blobs, media."
  value       = { for key, bucket in aws_s3_bucket.this : key => { name = bucket.id, arn = bucket.arn } }
}
