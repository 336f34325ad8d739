//! `pantau push`, and the same beside the daemon: where it is copied to, and what is said of it.

use super::PushArgs;
use super::context::Context;
use super::exit::Exit;

#[cfg(feature = "postgres")]
mod with {
    use std::sync::Arc;

    use crate::clock;
    use crate::config::Config;
    use crate::domain::Hidden;
    use crate::push::{Copied, Copier, Extent, Follower, Target};
    use crate::report::PushRow;

    use super::super::context::variable;
    use super::super::exit::Refusal;
    use super::super::pages::Telling;
    use super::{Context, Exit, PushArgs};

    pub(in crate::cli) fn run(context: &Context, args: &PushArgs) -> anyhow::Result<Exit> {
        let target = target(&address(context, args)?)?;
        if let Some(warning) = target.warning() {
            context.note(warning);
        }
        // Without a database there is nothing to say to a server.
        drop(context.reader()?);
        let extent = if args.all { Extent::All } else { Extent::Untold };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let copied = runtime.block_on(async {
            Copier::connect(&target, context.config.database.clone()).await?.copy(extent).await
        })?;
        let rows = [PushRow::new(target.label(), copied.rows, copied.new, copied.changed, copied.same)];
        context.answer(&rows, || PushRow::table(&rows))?;
        Ok(Exit::Done)
    }

    /// Where to: the command line comes before the configuration.
    fn address(context: &Context, args: &PushArgs) -> anyhow::Result<Hidden> {
        if let Some(to) = &args.to {
            if url::Url::parse(to).is_ok_and(|url| url.password().is_some()) {
                context.note(
                    "every user of this machine can see a password on a command line; PGPASSWORD hides it",
                );
            }
            return Ok(Hidden::new(to.as_str()));
        }
        let nowhere = || {
            let refusal = Refusal::new(Exit::Usage, "there is no server to push to");
            refusal.hint("--to postgres://user@host/database names one, or [push] of the configuration")
        };
        Ok(context.config.push.as_ref().ok_or_else(nowhere)?.address(&variable)?)
    }

    fn target(address: &Hidden) -> anyhow::Result<Target> {
        let password = variable("PGPASSWORD").map(Hidden::new);
        Ok(Target::parse(address, password.as_ref())?)
    }

    /// The copying of a daemon, if it does.
    pub(in crate::cli) struct Pushing(Option<Follower>);

    impl Pushing {
        pub(in crate::cli) fn configured(context: &Context) -> anyhow::Result<Self> {
            let Config { push, database, .. } = &context.config;
            let Some(push) = push.as_ref().filter(|push| push.enabled) else { return Ok(Self(None)) };
            let target = target(&push.address(&variable)?)?;
            if let Some(warning) = target.warning() {
                tracing::warn!(server = target.label(), "{warning}");
            }
            Ok(Self(Some(Follower::new(target, database.clone()))))
        }

        /// Has the metrics say how it goes.
        pub(in crate::cli) fn telling(self, telling: Telling) -> Self {
            let Some(follower) = self.0 else { return Self(None) };
            let tell = move |server: &str, copied: Copied| telling.copied(server, copied.new, clock::now());
            Self(Some(follower.on_copy(Arc::new(tell))))
        }

        /// Says that something was recorded. Never waits.
        pub(in crate::cli) fn recorded(&self) {
            if let Some(follower) = &self.0 {
                follower.recorded();
            }
        }

        pub(in crate::cli) async fn follow(&self, shutdown: impl Future<Output = ()>) {
            if let Some(follower) = &self.0 {
                follower.run(shutdown).await;
            }
        }
    }
}

#[cfg(not(feature = "postgres"))]
mod with {
    use super::super::exit::Refusal;
    use super::super::pages::Telling;
    use super::{Context, Exit, PushArgs};

    fn refuse() -> anyhow::Error {
        let refusal = Refusal::new(Exit::Usage, "this pantau was built without PostgreSQL");
        refusal.hint("cargo builds it with --features postgres").into()
    }

    pub(in crate::cli) fn run(_: &Context, _: &PushArgs) -> anyhow::Result<Exit> {
        Err(refuse())
    }

    /// The copying of a daemon, which this one cannot do.
    pub(in crate::cli) struct Pushing;

    impl Pushing {
        pub(in crate::cli) fn configured(context: &Context) -> anyhow::Result<Self> {
            let is_wanted = context.config.push.as_ref().is_some_and(|push| push.enabled);
            if is_wanted { Err(refuse()) } else { Ok(Self) }
        }

        pub(in crate::cli) fn telling(self, _: Telling) -> Self {
            self
        }

        pub(in crate::cli) fn recorded(&self) {}

        pub(in crate::cli) async fn follow(&self, shutdown: impl Future<Output = ()>) {
            shutdown.await;
        }
    }
}

pub(super) use with::{Pushing, run};
