using System.Collections;
using static TorchSharp.torch;

namespace TorchSharp.Modules
{
    /// <summary>Modules by place, named 0, 1, 2, ... in the state dict once the list is registered with its module.</summary>
    public class ModuleList<T> : nn.Module, IList<T> where T : nn.Module
    {
        private readonly List<T> list = [];
        private bool registered;

        /// <summary>The given modules.</summary>
        public ModuleList(params T[] modules) : base("ModuleList") => list.AddRange(modules);

        /// <inheritdoc/>
        protected internal override void RegisterComponents()
        {
            if (registered) return;
            for (int i = 0; i < list.Count; i++) register_module(i.ToString(), list[i]);
            registered = true;
        }

        /// <summary>The module at a place.</summary>
        public T this[int index]
        {
            get => list[index];
            set => list[index] = value;
        }

        /// <summary>How many modules there are.</summary>
        public int Count => list.Count;

        /// <summary>False.</summary>
        public bool IsReadOnly => false;

        /// <summary>Adds a module.</summary>
        public void Add(T item) => list.Add(item);

        /// <summary>Adds modules.</summary>
        public void append(params T[] parameters) => list.AddRange(parameters);

        /// <summary>Adds modules.</summary>
        public void extend(IEnumerable<T> modules) => list.AddRange(modules);

        /// <summary>Removes all modules.</summary>
        public void Clear() => list.Clear();

        /// <summary>Whether the module is in the list.</summary>
        public bool Contains(T item) => list.Contains(item);

        /// <summary>Copies the modules to an array.</summary>
        public void CopyTo(T[] array, int arrayIndex) => list.CopyTo(array, arrayIndex);

        /// <summary>The modules, in order.</summary>
        public IEnumerator<T> GetEnumerator() => list.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        /// <summary>The place of a module, or -1.</summary>
        public int IndexOf(T item) => list.IndexOf(item);

        /// <summary>Adds a module at a place.</summary>
        public void Insert(int index, T item) => list.Insert(index, item);

        /// <summary>Removes a module.</summary>
        public bool Remove(T item) => list.Remove(item);

        /// <summary>Removes the module at a place.</summary>
        public void RemoveAt(int index) => list.RemoveAt(index);
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Modules by place.</summary>
            public static Modules.ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);

            /// <summary>Modules by place.</summary>
            public static Modules.ModuleList<Module> ModuleList(params Module[] modules) => new(modules);
        }
    }
}
