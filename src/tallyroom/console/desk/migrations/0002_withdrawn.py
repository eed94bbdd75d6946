from django.db import migrations, models


class Migration(migrations.Migration):
    """An order that was withdrawn keeps no other document of its station from being ordered."""

    dependencies = [("desk", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="formrow", name="desk_one_open_document"),
        migrations.AddConstraint(
            model_name="formrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("purpose", "protocol"), _negated=True),
                    models.Q(("stage__in", ("accepted", "annulled", "withdrawn")), _negated=True),
                ),
                fields=("contest", "station"),
                name="desk_one_open_document",
            ),
        ),
    ]
