"""The Typer application: the list of verbs."""

import typer

from steersman.cli import doctor, down, image, kubeconfig, status, up

app = typer.Typer(
    name="steersman",
    help="A Kubernetes in Python.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(up.up)
app.command()(down.down)
app.command()(status.status)
app.command()(doctor.doctor)
app.command()(kubeconfig.kubeconfig)
app.add_typer(image.app, name="image")


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def apiserver(context: typer.Context) -> None:
    """The API server alone, without controllers."""
    _serve("apiserver", context)


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def server(context: typer.Context) -> None:
    """A whole cluster in this process; `up` starts it."""
    _serve("server", context)


@app.command()
def version() -> None:
    """The version of Steersman, and of its Kubernetes."""
    import steersman

    print(f"steersman {steersman.__version__} (Kubernetes {steersman.KUBERNETES_VERSION})")


def _serve(verb: str, context: typer.Context) -> None:
    """`main` goes to `fast` by itself; this is for whoever calls the application."""
    from steersman.cli import fast

    raise typer.Exit(fast.main([verb, *context.args]))
