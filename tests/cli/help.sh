hourglass help
