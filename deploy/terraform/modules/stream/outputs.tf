output "access" {
  description = "The brokers, for clients that sign in by SCRAM over TLS, and as whom: where the password is, as `valueFrom` of ECS has it."
  value = {
    servers         = aws_msk_cluster.this.bootstrap_brokers_sasl_scram
    user            = "layerstore"
    password_secret = "${aws_cloudformation_stack.user.outputs["User"]}:password::"
    partitions      = var.size.partitions
  }
  depends_on = [aws_msk_scram_secret_association.this]
}

output "cluster" {
  value = aws_msk_cluster.this.cluster_name
}
