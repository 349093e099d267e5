hourglass help predict
hourglass help cfg
hourglass help completion
hourglass help train val; echo $?
