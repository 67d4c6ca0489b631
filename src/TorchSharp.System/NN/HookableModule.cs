namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A module that calls hooks around its forward function.</summary>
        public class HookableModule<TPreHook, TPostHook> : Module
        {
            /// <summary>Hooks called with the inputs, which they may replace.</summary>
            protected Dictionary<string, TPreHook> pre_hooks = [];

            /// <summary>Hooks called with inputs and result, which they may replace.</summary>
            protected Dictionary<string, TPostHook> post_hooks = [];

            /// <summary>Hooks called with the module before its forward function.</summary>
            protected Dictionary<string, Action<Module>> module_pre_hooks = [];

            /// <summary>Hooks called with the module after its forward function.</summary>
            protected Dictionary<string, Action<Module>> module_post_hooks = [];

            /// <summary>A module without hooks.</summary>
            protected HookableModule(string name) : base(name)
            {
            }

            /// <summary>Adds a hook called with inputs and result; it returns another result, or null.</summary>
            public HookRemover register_forward_hook(TPostHook hook) => Register(post_hooks, hook);

            /// <summary>Adds a hook called with the inputs; it returns other inputs, or null.</summary>
            public HookRemover register_forward_pre_hook(TPreHook hook) => Register(pre_hooks, hook);

            /// <summary>Adds a hook called after the forward function.</summary>
            public HookRemover register_forward_hook(Action<Module> hook) => Register(module_post_hooks, hook);

            /// <summary>Adds a hook called before the forward function.</summary>
            public HookRemover register_forward_pre_hook(Action<Module> hook) => Register(module_pre_hooks, hook);

            private HookRemover Register<T>(Dictionary<string, T> hooks, T hook)
            {
                string key = Guid.NewGuid().ToString();
                hooks.Add(key, hook);
                return new HookRemover(this, key);
            }

            private protected void Before()
            {
                foreach (Action<Module> hook in module_pre_hooks.Values) hook(this);
            }

            private protected void After()
            {
                foreach (Action<Module> hook in module_post_hooks.Values) hook(this);
            }

            /// <summary>Removes a hook.</summary>
            public class HookRemover
            {
                private readonly HookableModule<TPreHook, TPostHook> module;
                private readonly string key;

                /// <summary>Removes the hook of a key.</summary>
                public HookRemover(HookableModule<TPreHook, TPostHook> module, string key)
                {
                    this.module = module;
                    this.key = key;
                }

                /// <summary>Removes the hook.</summary>
                public void remove()
                {
                    module.pre_hooks.Remove(key);
                    module.post_hooks.Remove(key);
                    module.module_pre_hooks.Remove(key);
                    module.module_post_hooks.Remove(key);
                }
            }
        }
    }
}
