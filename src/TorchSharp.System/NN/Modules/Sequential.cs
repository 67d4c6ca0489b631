using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Modules one after the other; intermediate results are disposed.</summary>
    public class Sequential : nn.Module<Tensor, Tensor>
    {
        private readonly List<nn.IModule<Tensor, Tensor>> steps = [];

        /// <summary>Modules of given names.</summary>
        protected internal Sequential(params (string name, nn.Module<Tensor, Tensor> submodule)[] modules) : base(nameof(Sequential))
        {
            foreach ((string name, nn.Module<Tensor, Tensor> module) in modules) append(name, module);
        }

        /// <summary>Modules named 0, 1, 2, ...</summary>
        protected internal Sequential(params nn.Module<Tensor, Tensor>[] modules) : base(nameof(Sequential))
        {
            foreach (nn.Module<Tensor, Tensor> module in modules) append(module);
        }

        /// <summary>How many modules there are.</summary>
        public int Count => steps.Count;

        /// <summary>The module at a place.</summary>
        [System.Runtime.CompilerServices.IndexerName("SequentialItems")]
        public nn.IModule<Tensor, Tensor> this[int index] => steps[index];

        /// <summary>Adds a module, named by its place.</summary>
        public Sequential append(nn.IModule<Tensor, Tensor> module) => append(steps.Count.ToString(), module);

        /// <summary>Adds a module of a name.</summary>
        public Sequential append(string name, nn.IModule<Tensor, Tensor> module)
        {
            register_module(name, (nn.Module)module);
            steps.Add(module);
            return this;
        }

        /// <inheritdoc/>
        public override Tensor forward(Tensor tensor)
        {
            if (steps.Count == 0) return tensor.alias();
            Tensor result = steps[0].call(tensor);
            foreach (nn.IModule<Tensor, Tensor> step in steps.Skip(1))
            {
                Tensor next = step.call(result);
                result.Dispose();
                result = next;
            }
            return result;
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>No modules yet.</summary>
            public static Modules.Sequential Sequential() => new(Array.Empty<Module<Tensor, Tensor>>());

            /// <summary>Modules one after the other.</summary>
            public static Modules.Sequential Sequential(params Module<Tensor, Tensor>[] modules) => new(modules);

            /// <summary>Modules one after the other.</summary>
            public static Modules.Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules) => new(modules.ToArray());

            /// <summary>Named modules one after the other.</summary>
            public static Modules.Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) => new(modules);

            /// <summary>Named modules one after the other.</summary>
            public static Modules.Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules) => new(modules.ToArray());
        }
    }
}
