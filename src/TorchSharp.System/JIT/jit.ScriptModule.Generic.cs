// TorchSharp declares these without saying what may be null.
#nullable disable

namespace TorchSharp;

public static partial class torch
{
    public static partial class jit
    {
        /// <summary>A script that calls hooks around its forward function.</summary>
        public class HookableScriptModule<TPreHook, TPostHook> : ScriptModule
        {
            /// <summary>Hooks called with the inputs, which they may replace.</summary>
            protected Dictionary<string, TPreHook> pre_hooks = [];

            /// <summary>Hooks called with inputs and result, which they may replace.</summary>
            protected Dictionary<string, TPostHook> post_hooks = [];

            internal HookableScriptModule(nint handle) : base(handle)
            {
            }

            /// <summary>Adds a hook called with inputs and result; it returns another result, or null.</summary>
            public HookRemover register_forward_hook(TPostHook hook) => Register(post_hooks, hook);

            /// <summary>Adds a hook called with the inputs; it returns other inputs, or null.</summary>
            public HookRemover register_forward_pre_hook(TPreHook hook) => Register(pre_hooks, hook);

            private HookRemover Register<T>(Dictionary<string, T> hooks, T hook)
            {
                string key = Guid.NewGuid().ToString();
                hooks.Add(key, hook);
                return new HookRemover(this, key);
            }

            /// <summary>Removes a hook.</summary>
            public class HookRemover
            {
                private readonly HookableScriptModule<TPreHook, TPostHook> module;
                private readonly string key;

                /// <summary>Removes the hook of a key.</summary>
                public HookRemover(HookableScriptModule<TPreHook, TPostHook> module, string key)
                {
                    this.module = module;
                    this.key = key;
                }

                /// <summary>Removes the hook.</summary>
                public void remove()
                {
                    module.pre_hooks.Remove(key);
                    module.post_hooks.Remove(key);
                }
            }
        }

        /// <summary>A script of any number of tensors.</summary>
        public class ScriptModule<TResult> : ScriptModule, nn.IModule<Tensor[], TResult>
        {
            internal ScriptModule(nint handle) : base(handle)
            {
            }

            /// <summary>Calls the script's forward function.</summary>
            public TResult call(params Tensor[] input) => forward(input);

            /// <summary>Calls the script's forward function.</summary>
            public TResult forward(params Tensor[] tensor) => (TResult)base.forward([.. tensor]);
        }

        /// <summary>A script of one input.</summary>
        public class ScriptModule<T, TResult> : HookableScriptModule<Func<ScriptModule<T, TResult>, T, T>, Func<ScriptModule<T, TResult>, T, TResult, TResult>>, nn.IModule<T, TResult>
        {
            internal ScriptModule(nint handle) : base(handle)
            {
            }

            /// <summary>Runs the hooks and the script's forward function.</summary>
            public TResult call(T input)
            {
                foreach (var hook in pre_hooks.Values)
                    if (hook(this, input) is { } other) input = other;
                TResult result = forward(input);
                foreach (var hook in post_hooks.Values)
                    if (hook(this, input, result) is { } other) result = other;
                return result;
            }

            /// <summary>Calls the script's forward function without the hooks.</summary>
            public TResult forward(T tensor) => (TResult)base.forward([tensor]);
        }

        /// <summary>A script of two inputs.</summary>
        public class ScriptModule<T1, T2, TResult> : HookableScriptModule<Func<ScriptModule<T1, T2, TResult>, T1, T2, (T1, T2)?>, Func<ScriptModule<T1, T2, TResult>, T1, T2, TResult, TResult>>, nn.IModule<T1, T2, TResult>
        {
            internal ScriptModule(nint handle) : base(handle)
            {
            }

            /// <summary>Runs the hooks and the script's forward function.</summary>
            public TResult call(T1 input1, T2 input2)
            {
                foreach (var hook in pre_hooks.Values)
                    if (hook(this, input1, input2) is { } others) (input1, input2) = others;
                TResult result = forward(input1, input2);
                foreach (var hook in post_hooks.Values)
                    if (hook(this, input1, input2, result) is { } other) result = other;
                return result;
            }

            /// <summary>Calls the script's forward function without the hooks.</summary>
            public TResult forward(T1 input1, T2 input2) => (TResult)base.forward([input1, input2]);
        }
    }
}
