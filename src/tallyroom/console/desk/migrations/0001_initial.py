import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('submissions', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('station', models.CharField(max_length=100)),
                ('area', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('duplicate', 'Duplicate'), ('elsewhere', 'Elsewhere')], max_length=12)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='FormRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contest', models.CharField(max_length=100)),
                ('station', models.CharField(max_length=100)),
                ('area', models.CharField(max_length=100)),
                ('purpose', models.CharField(max_length=12)),
                ('stage', models.CharField(max_length=12)),
                ('waits', models.BooleanField(default=False)),
                ('version', models.PositiveIntegerField()),
                ('data', models.TextField()),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('submission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='forms', to='submissions.submission')),
            ],
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('typed', models.JSONField(default=dict)),
                ('revision', models.PositiveIntegerField(default=0)),
                ('saved_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('form', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='desk.formrow')),
            ],
        ),
        migrations.CreateModel(
            name='Scan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('length', models.PositiveBigIntegerField()),
                ('media', models.CharField(max_length=40)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scans', to='desk.formrow')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='StepRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('event', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='desk.formrow')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='formrow',
            index=models.Index(fields=['stage', 'area'], name='desk_by_stage'),
        ),
        migrations.AddConstraint(
            model_name='formrow',
            constraint=models.UniqueConstraint(condition=models.Q(('purpose', 'protocol')), fields=('contest', 'station'), name='desk_one_form'),
        ),
        migrations.AddConstraint(
            model_name='formrow',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('purpose', 'protocol'), _negated=True), models.Q(('stage__in', ('accepted', 'annulled')), _negated=True)), fields=('contest', 'station'), name='desk_one_open_document'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.UniqueConstraint(fields=('form', 'user'), name='desk_one_draft'),
        ),
        migrations.AddConstraint(
            model_name='scan',
            constraint=models.UniqueConstraint(fields=('form', 'sha256'), name='desk_one_scan'),
        ),
        migrations.AddConstraint(
            model_name='steprow',
            constraint=models.UniqueConstraint(fields=('form', 'version'), name='desk_version_once'),
        ),
    ]
