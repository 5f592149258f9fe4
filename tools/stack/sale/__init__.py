"""The sale in view: five acts, made over HTTP and with the docker client exactly as users would make them."""
